"""A camera by ONVIF and RTSP: it is asked how it is, and for one picture when a person says why."""

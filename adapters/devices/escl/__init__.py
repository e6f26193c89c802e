"""A network scanner by eSCL (AirScan): pages are pulled over HTTP; one that tests can drive."""

"""The bytes of a reply: framing, compression, multipart, charset."""

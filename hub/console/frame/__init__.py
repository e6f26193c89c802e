"""What all pages share: visitor, language, rendering, security headers, error pages, own files."""

"""The studio for programs: what may be asked at `/api`, and its document."""

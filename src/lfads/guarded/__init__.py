"""What comes from users, read so that what is damaged or means harm ends in one message."""

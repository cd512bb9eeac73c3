"""Folders of runs: which process owns one; those kept at an address, such as `s3://`, fetched and sent."""

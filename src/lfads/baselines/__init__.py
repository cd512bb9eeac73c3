"""What LFADS is compared with: methods that infer from the same data, all fitted and opened alike."""

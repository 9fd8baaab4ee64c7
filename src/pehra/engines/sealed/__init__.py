"""What lies on the disk for its owner's eyes only: sealed under the home's data key."""

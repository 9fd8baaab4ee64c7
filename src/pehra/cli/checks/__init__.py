"""What `pehra doctor` looks at, a function each: it says what it found, or raises what is wrong."""

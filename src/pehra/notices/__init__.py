"""What is said to those who must act, what they answer, and whether it helped."""

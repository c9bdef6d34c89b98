"""What a support lead may change, checked; with the hours and the house style of its texts."""

"""What somebody has to do by a time: promises, call-backs, and what is said when they fall due."""

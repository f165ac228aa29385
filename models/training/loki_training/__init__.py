"""Trains the small window generator (pack `nano`) on renders of the open head. Commands: see ../README.md."""

"""The window: a process of its own that steers the engine in JSON lines and never touches a sample."""

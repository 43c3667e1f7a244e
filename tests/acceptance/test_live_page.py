"""The live page of `serve`, in a real Chromium."""

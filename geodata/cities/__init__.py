"""Cities that come with the package."""

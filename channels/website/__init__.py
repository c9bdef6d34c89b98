"""The website: visitor interface, event stream and the widget."""

"""The web server: it receives Altegio's webhooks."""

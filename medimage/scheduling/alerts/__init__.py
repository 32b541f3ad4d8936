"""Telling a person that a scheduled run needs them: by e-mail, by a webhook, in Slack, and always in the log."""

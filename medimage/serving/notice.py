"""What every answer, card and page has to say of itself."""

NOTICE = "For research use only. Not a medical device: not for diagnosis or treatment."

"""How the pages that people open look: one style sheet, and one way of filling in templates."""

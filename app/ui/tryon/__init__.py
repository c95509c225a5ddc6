"""The Try-on workspace: a person, a cloth, the outcome."""

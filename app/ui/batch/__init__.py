"""The Batch workspace: many people in many cloths."""

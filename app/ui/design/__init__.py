"""The Design workspace: paint a label map, watch the garment follow."""

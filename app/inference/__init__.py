"""Model packs and the networks in them. onnxruntime and the domain; no Qt.

onnxruntime is imported at the first use of a graph (`app.inference.runtime`), so that loading a
pack, its palette and its codes costs no start-up time.
"""

"""OSUM-Pangu in PyTorch, written from the reference osum-pangu-model.md, over tensors with the names of the published
checkpoint; and synthetic checkpoints in the published layout to run it on.
"""

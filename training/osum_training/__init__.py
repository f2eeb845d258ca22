"""The training pipeline that makes `models/osum-nano`: three stages after the OSUM-Pangu paper, at a size that two CPU
cores can train.
"""

"""The compiled pipeline: TFX's, with what a cluster needs and TFX doesn't write, one module a concern.

`compiling` brings them together. Each concern works on the PipelineSpec in its JSON form.
"""

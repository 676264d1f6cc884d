"""The TFLiteExporter component."""

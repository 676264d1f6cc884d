"""Domain: reading annotated images (Pascal VOC), checking them, label maps, splits, the tf.Example layout. No TFX."""

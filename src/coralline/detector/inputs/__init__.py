"""From training examples to batches: decoding, augmentation, letterboxing, targets."""

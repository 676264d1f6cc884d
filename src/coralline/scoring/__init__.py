"""Domain: how good detections are - labelled images, running models over them, COCO's average precision. No TFX."""

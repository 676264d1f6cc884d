"""The QatTrainer component."""

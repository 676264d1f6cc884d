"""From a job to a trained model: phases, checkpoints and the choice among them, devices, estimates."""

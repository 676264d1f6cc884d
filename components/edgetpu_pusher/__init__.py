"""The EdgeTpuPusher component."""

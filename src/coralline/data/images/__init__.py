"""What an image file is, whether it is whole, and its pixels as people see them."""

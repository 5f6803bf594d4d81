"""The commands, by what they are about; everything heavy is imported inside them."""

"""How things are said and shown anywhere: on terminals, in pages of HTML, in pictures."""

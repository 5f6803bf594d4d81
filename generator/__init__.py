"""From parameters to hardware: number formats, key code, plans, and the Amaranth RTL built from them."""

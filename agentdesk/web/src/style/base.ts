// The one font and the tokens, in this order, for every page.
import '@fontsource-variable/noto-sans-sc/wght.css'
import './tokens.css'

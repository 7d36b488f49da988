"""What every test can rely on."""

import signal

# A shell starts what it runs in the background with Ctrl-C ignored, and every child would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

"""Messages in the forms that channels send: plain text, HTML for mail, JSON, a chart. No I/O but templates.

Everything in a message comes from strangers; each form escapes it in its own way, here and nowhere else.
"""

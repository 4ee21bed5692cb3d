"""Vocabulary and watchlists as files: read, checked to the line, changed by people, tried before saving.

files, tables                    TOML files ─► core's Vocabulary, or what is wrong, file and line
own                              a copy of one's own, in the home
watchlist_files, watchlist_words one watchlist, and its words, changed
watchlist_preview                articles that gain or lose a flag by it
"""

"""News comes in: feed ─► entry ─► item ─► article.

records, errors            what travels, what can go wrong
schedule, state/           which feed is due; what is remembered of it
http, guard, inflate       one guarded client for everything outbound
politeness, robots         whose turn it is at a host, and what it asks of robots
parse/, reader             bytes to entries; costly documents in a child that can be killed
pages, extract             the text of an article's own page
service                    the loop: due ─► fetch ─► read ─► publish ─► remember
publish/                   where items go: the raw log (SQLite); later Kafka
normalize, urls, plain_text, language    item to article, pure
opml, discover, probe      feed lists; finding a site's feed
database, console, cli/    the SQLite file; what commands share; the commands
"""

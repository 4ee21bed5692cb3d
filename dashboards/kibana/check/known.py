"""What is known of Kibana's objects: keys it takes and needs. An unknown key is refused by the import."""

from __future__ import annotations

ENVELOPE = frozenset(
    {"type", "id", "attributes", "references", "coreMigrationVersion", "typeMigrationVersion", "managed"}
)

NEEDED = {
    "dashboard": frozenset({"title", "kibanaSavedObjectMeta", "panelsJSON", "optionsJSON"}),
    "index-pattern": frozenset({"title"}),
    "query": frozenset({"title", "query"}),
    "search": frozenset({"title", "columns", "sort", "kibanaSavedObjectMeta"}),
    "tag": frozenset({"name", "description", "color"}),
}

ALLOWED = {
    "dashboard": NEEDED["dashboard"]
    | {"description", "timeRestore", "timeFrom", "timeTo", "refreshInterval", "controlGroupInput"}
    | {"version", "hits"},
    "index-pattern": NEEDED["index-pattern"]
    | {"name", "timeFieldName", "fields", "fieldAttrs", "fieldFormatMap", "runtimeFieldMap"}
    | {"sourceFilters", "allowHidden"},
    "query": NEEDED["query"] | {"description", "filters", "timefilter"},
    "search": NEEDED["search"]
    | {"description", "grid", "hideChart", "isTextBasedQuery", "timeRestore", "usesAdHocDataView"}
    | {"rowHeight", "rowsPerPage", "breakdownField", "timeRange", "refreshInterval", "viewMode"}
    | {"hideAggregatedPreview", "hits", "version"},
    "tag": NEEDED["tag"],
}

CONTROLS = frozenset({"controlStyle", "chainingSystem", "ignoreParentSettingsJSON", "panelsJSON"})
PANEL = frozenset({"type", "panelIndex", "gridData", "title", "embeddableConfig", "panelRefName"})
GRID = frozenset({"x", "y", "w", "h", "i"})
STATE = frozenset(
    {"datasourceStates", "visualization", "query", "filters", "internalReferences", "adHocDataViews"}
)

OPERATIONS = {
    "count": None,
    "filters": None,
    "formula": None,
    "math": None,
    "date_histogram": frozenset({"date"}),
    "terms": frozenset({"string", "number", "boolean", "ip", "date"}),
    "unique_count": frozenset({"string", "number", "boolean", "ip", "date"}),
    "sum": frozenset({"number"}),
    "max": frozenset({"number", "date"}),
    "median": frozenset({"number"}),
    "percentile": frozenset({"number"}),
}
"""Each operation of a column, and the kinds of fields it takes; None for those that take none."""

RANKING = frozenset({"count", "unique_count", "sum", "max", "median"})
"""Operations that values can be put in order by; a formula is not among them."""

BUCKETS = frozenset({"date_histogram", "terms", "filters"})
DRAWN = frozenset({"lnsMetric", "lnsXY", "lnsPie", "lnsDatatable"})

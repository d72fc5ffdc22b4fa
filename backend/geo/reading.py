"""One address with its current version and position, as the verbs read it before they change it."""

CURRENT = """SELECT a.id, a.party_id, a.text, a.kind, a.is_default, a.lat, a.lon, a.accuracy_m, a.grade, a.version,
       a.version_id, v.parsed, v.province_34, l.id AS location_id, l.method
  FROM addresses a JOIN address_versions v ON v.id = a.version_id
  LEFT JOIN locations l ON l.address_id = a.id AND l.superseded_by IS NULL
 WHERE a.id = $1 AND a.deleted_at IS NULL"""

-- Geography: addresses with their versions and positions, region sets, and the memory of the geocoder chain.
-- Revenue by region comes from the unit codes kept on the address version; polygons check, complete and draw.

CREATE TABLE region_sets (
    id text PRIMARY KEY CHECK (id ~ '^[A-Z0-9-]{3,40}$'),
    name_vi text NOT NULL,
    name_en text NOT NULL,
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to > valid_from),
    source text NOT NULL,
    licence text NOT NULL,
    approximate boolean NOT NULL
);
COMMENT ON TABLE region_sets IS 'a division of the country in force for a time; the same (set, code) never changes meaning';

CREATE TABLE regions (
    id text PRIMARY KEY,
    set_id text NOT NULL REFERENCES region_sets (id),
    code text NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL,
    kind text NOT NULL DEFAULT '',
    level text NOT NULL CHECK (level IN ('province', 'district', 'ward', 'territory')),
    parent_id text REFERENCES regions (id),
    lat double precision CHECK (lat BETWEEN -90 AND 90),
    lon double precision CHECK (lon BETWEEN -180 AND 180),
    UNIQUE (set_id, code),
    CHECK (id = set_id || '/' || code),
    CHECK ((lat IS NULL) = (lon IS NULL))
);
COMMENT ON COLUMN regions.id IS 'set and code together: codes are re-used across the reform of 2025-07-01 for other units';
CREATE INDEX regions_parent ON regions (parent_id);

CREATE TABLE region_links (
    from_region text NOT NULL REFERENCES regions (id),
    to_region text NOT NULL REFERENCES regions (id),
    kind text NOT NULL CHECK (kind IN ('same', 'renamed', 'merged', 'split')),
    main boolean NOT NULL DEFAULT true,
    PRIMARY KEY (from_region, to_region)
);
COMMENT ON COLUMN region_links.main IS 'the successor to assume when the text does not say which part of a split unit is meant';
CREATE INDEX region_links_to ON region_links (to_region);

-- The address as everybody sees it today; what it said before is in address_versions and locations.
CREATE TABLE addresses (
    id uuid PRIMARY KEY,
    party_id uuid NOT NULL,
    kind text NOT NULL DEFAULT 'ship' CHECK (kind IN ('bill', 'ship', 'visit')),
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 500),
    is_default boolean NOT NULL DEFAULT false,
    lat double precision CHECK (lat BETWEEN -90 AND 90),
    lon double precision CHECK (lon BETWEEN -180 AND 180),
    accuracy_m double precision CHECK (accuracy_m >= 0),
    grade text NOT NULL DEFAULT 'none' CHECK (grade IN ('gps', 'pin', 'geocoder', 'ward', 'none')),
    version_id uuid NOT NULL,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz,
    CHECK ((lat IS NULL) = (lon IS NULL)),
    CHECK ((lat IS NULL) = (grade = 'none'))
);
COMMENT ON COLUMN addresses.party_id IS 'whose address: the id of a customer';
COMMENT ON COLUMN addresses.grade IS 'how the position is known: fix on the spot, pin set by hand, geocoder, centre of the ward, not at all';
CREATE INDEX addresses_party ON addresses (party_id);
CREATE INDEX addresses_version ON addresses (version_id);
CREATE UNIQUE INDEX addresses_one_default ON addresses (party_id, kind) WHERE is_default AND deleted_at IS NULL;

CREATE TABLE address_versions (
    id uuid PRIMARY KEY,
    address_id uuid NOT NULL REFERENCES addresses (id),
    text text NOT NULL,
    parsed jsonb NOT NULL,
    parser_version text NOT NULL,
    style text NOT NULL CHECK (style IN ('old', 'new')),
    ward_old text,
    ward_new text,
    province_63 text,
    province_34 text,
    certain boolean NOT NULL,
    corrects uuid REFERENCES address_versions (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid
);
COMMENT ON COLUMN address_versions.corrects IS 'the version whose text or position was wrong; null when the customer moved or is new';
CREATE INDEX address_versions_address ON address_versions (address_id, created_at);
CREATE INDEX address_versions_corrects ON address_versions (corrects);
CREATE INDEX address_versions_ward_new ON address_versions (ward_new);
ALTER TABLE addresses ADD CONSTRAINT addresses_version_known FOREIGN KEY (version_id)
    REFERENCES address_versions (id) DEFERRABLE INITIALLY DEFERRED;
CREATE TRIGGER address_versions_append_only BEFORE UPDATE OR DELETE ON address_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE locations (
    id uuid PRIMARY KEY,
    address_id uuid NOT NULL REFERENCES addresses (id),
    address_version_id uuid NOT NULL REFERENCES address_versions (id),
    lat double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lon double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    accuracy_m double precision CHECK (accuracy_m >= 0),
    method text NOT NULL CHECK (method IN ('manual', 'rep_fix', 'house', 'street', 'unit_centroid')),
    provider text NOT NULL DEFAULT '',
    moved_m double precision,
    far boolean NOT NULL DEFAULT false,
    superseded_by uuid REFERENCES locations (id) DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid
);
COMMENT ON COLUMN locations.moved_m IS 'distance in metres to the position before, null for the first';
COMMENT ON COLUMN locations.far IS 'moved more than 1 km or into another province: a manager should look';
CREATE INDEX locations_address ON locations (address_id);
CREATE INDEX locations_version ON locations (address_version_id);
CREATE INDEX locations_superseded ON locations (superseded_by);
CREATE UNIQUE INDEX locations_one_current ON locations (address_id) WHERE superseded_by IS NULL;
CREATE INDEX locations_far ON locations (created_at) WHERE far;

-- A position is never edited: the only change allowed is to say, once, which one took its place.
CREATE FUNCTION locations_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.superseded_by IS NULL AND NEW.superseded_by IS NOT NULL
       AND to_jsonb(OLD) - 'superseded_by' = to_jsonb(NEW) - 'superseded_by' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'locations is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER locations_append_only BEFORE UPDATE OR DELETE ON locations FOR EACH ROW EXECUTE FUNCTION locations_keep();

-- One row per version and set, always: what has no region says why, so that a join never loses money.
CREATE TABLE address_regions (
    set_id text NOT NULL REFERENCES region_sets (id),
    address_version_id uuid NOT NULL REFERENCES address_versions (id),
    region_id text REFERENCES regions (id),
    method text NOT NULL CHECK (method IN
        ('manual', 'text', 'polygon', 'edge', 'nearest', 'link', 'derived', 'unlocated', 'outside')),
    distance_m double precision NOT NULL DEFAULT 0 CHECK (distance_m >= 0),
    PRIMARY KEY (set_id, address_version_id),
    CHECK ((region_id IS NULL) = (method IN ('unlocated', 'outside'))),
    CHECK (region_id IS NULL OR starts_with(region_id, set_id || '/'))
);
CREATE INDEX address_regions_version ON address_regions (address_version_id);
CREATE INDEX address_regions_region ON address_regions (region_id);

-- What an online geocoder answered, kept as long as its terms allow. The key is a hash: no address text is stored twice.
CREATE TABLE geocode_cache (
    key bytea PRIMARY KEY,
    provider text NOT NULL,
    found boolean NOT NULL,
    lat double precision,
    lon double precision,
    precision_m double precision,
    what text NOT NULL DEFAULT '',
    answer_text text NOT NULL DEFAULT '',
    stored_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK (NOT found OR (lat IS NOT NULL AND lon IS NOT NULL))
);
CREATE INDEX geocode_cache_expires ON geocode_cache (expires_at);
CREATE INDEX geocode_cache_place ON geocode_cache (provider, lat, lon) WHERE found;

-- One row per provider, shared by all workers: token bucket, pause asked for by the provider, circuit breaker, daily quota.
CREATE TABLE geocode_limits (
    provider text PRIMARY KEY,
    tokens double precision NOT NULL CHECK (tokens >= 0),
    filled_at timestamptz NOT NULL,
    paused_until timestamptz,
    failures int NOT NULL DEFAULT 0 CHECK (failures >= 0),
    day date NOT NULL,
    used_today int NOT NULL DEFAULT 0 CHECK (used_today >= 0)
);

-- How often a version was tried online, and when it may be tried again: no endless retries.
CREATE TABLE geocode_tries (
    address_version_id uuid PRIMARY KEY REFERENCES address_versions (id),
    tries int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    outcome text NOT NULL DEFAULT 'waiting' CHECK (outcome IN ('waiting', 'found', 'not-found', 'disagrees', 'failed')),
    next_try_at timestamptz,
    last_error text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL
);
CREATE INDEX geocode_tries_due ON geocode_tries (next_try_at) WHERE next_try_at IS NOT NULL;

INSERT INTO region_sets (id, name_vi, name_en, valid_from, valid_to, source, licence, approximate) VALUES
    ('VN-ADM1-63', '63 tỉnh, thành phố (đến 30/6/2025)', '63 provinces (until 2025-06-30)', '2008-08-01', '2025-07-01',
     'vietnamadminunits 1.0.4; Natural Earth 10m', 'MIT; public domain', true),
    ('VN-ADM1-34', '34 tỉnh, thành phố (từ 1/7/2025)', '34 provinces (since 2025-07-01)', '2025-07-01', NULL,
     'vietnamadminunits 1.0.4; Natural Earth 10m', 'MIT; public domain', true),
    ('VN-DISTRICT-OLD', 'Quận, huyện (đến 30/6/2025)', 'Districts (until 2025-06-30)', '2008-08-01', '2025-07-01',
     'vietnamadminunits 1.0.4', 'MIT', true),
    ('VN-WARD-OLD', 'Phường, xã (đến 30/6/2025)', 'Wards (until 2025-06-30)', '2008-08-01', '2025-07-01',
     'vietnamadminunits 1.0.4', 'MIT', true),
    ('VN-WARD-2025', 'Phường, xã, đặc khu (từ 1/7/2025)', 'Wards (since 2025-07-01)', '2025-07-01', NULL,
     'vietnamadminunits 1.0.4', 'MIT', true);

INSERT INTO regions (id, set_id, code, name, name_en, kind, level)
SELECT 'VN-ADM1-34/' || code, 'VN-ADM1-34', code, name, name_en, kind, 'province' FROM (VALUES
    ('01', 'Hà Nội', 'Hanoi', 'Thành phố'), ('04', 'Cao Bằng', 'Cao Bang', 'Tỉnh'),
    ('08', 'Tuyên Quang', 'Tuyen Quang', 'Tỉnh'), ('11', 'Điện Biên', 'Dien Bien', 'Tỉnh'),
    ('12', 'Lai Châu', 'Lai Chau', 'Tỉnh'), ('14', 'Sơn La', 'Son La', 'Tỉnh'), ('15', 'Lào Cai', 'Lao Cai', 'Tỉnh'),
    ('19', 'Thái Nguyên', 'Thai Nguyen', 'Tỉnh'), ('20', 'Lạng Sơn', 'Lang Son', 'Tỉnh'),
    ('22', 'Quảng Ninh', 'Quang Ninh', 'Tỉnh'), ('24', 'Bắc Ninh', 'Bac Ninh', 'Tỉnh'),
    ('25', 'Phú Thọ', 'Phu Tho', 'Tỉnh'), ('31', 'Hải Phòng', 'Hai Phong', 'Thành phố'),
    ('33', 'Hưng Yên', 'Hung Yen', 'Tỉnh'), ('37', 'Ninh Bình', 'Ninh Binh', 'Tỉnh'),
    ('38', 'Thanh Hóa', 'Thanh Hoa', 'Tỉnh'), ('40', 'Nghệ An', 'Nghe An', 'Tỉnh'),
    ('42', 'Hà Tĩnh', 'Ha Tinh', 'Tỉnh'), ('44', 'Quảng Trị', 'Quang Tri', 'Tỉnh'), ('46', 'Huế', 'Hue', 'Thành phố'),
    ('48', 'Đà Nẵng', 'Da Nang', 'Thành phố'), ('51', 'Quảng Ngãi', 'Quang Ngai', 'Tỉnh'),
    ('52', 'Gia Lai', 'Gia Lai', 'Tỉnh'), ('56', 'Khánh Hòa', 'Khanh Hoa', 'Tỉnh'),
    ('66', 'Đắk Lắk', 'Dak Lak', 'Tỉnh'), ('68', 'Lâm Đồng', 'Lam Dong', 'Tỉnh'),
    ('75', 'Đồng Nai', 'Dong Nai', 'Tỉnh'), ('79', 'Hồ Chí Minh', 'Ho Chi Minh City', 'Thành phố'),
    ('80', 'Tây Ninh', 'Tay Ninh', 'Tỉnh'), ('82', 'Đồng Tháp', 'Dong Thap', 'Tỉnh'),
    ('86', 'Vĩnh Long', 'Vinh Long', 'Tỉnh'), ('91', 'An Giang', 'An Giang', 'Tỉnh'),
    ('92', 'Cần Thơ', 'Can Tho', 'Thành phố'), ('96', 'Cà Mau', 'Ca Mau', 'Tỉnh')
) AS province (code, name, name_en, kind);

INSERT INTO regions (id, set_id, code, name, name_en, kind, level)
SELECT 'VN-ADM1-63/' || code, 'VN-ADM1-63', code, name, name_en, kind, 'province' FROM (VALUES
    ('01', 'Hà Nội', 'Hanoi', 'Thành phố'), ('02', 'Hà Giang', 'Ha Giang', 'Tỉnh'),
    ('04', 'Cao Bằng', 'Cao Bang', 'Tỉnh'), ('06', 'Bắc Kạn', 'Bac Kan', 'Tỉnh'),
    ('08', 'Tuyên Quang', 'Tuyen Quang', 'Tỉnh'), ('10', 'Lào Cai', 'Lao Cai', 'Tỉnh'),
    ('11', 'Điện Biên', 'Dien Bien', 'Tỉnh'), ('12', 'Lai Châu', 'Lai Chau', 'Tỉnh'),
    ('14', 'Sơn La', 'Son La', 'Tỉnh'), ('15', 'Yên Bái', 'Yen Bai', 'Tỉnh'), ('17', 'Hòa Bình', 'Hoa Binh', 'Tỉnh'),
    ('19', 'Thái Nguyên', 'Thai Nguyen', 'Tỉnh'), ('20', 'Lạng Sơn', 'Lang Son', 'Tỉnh'),
    ('22', 'Quảng Ninh', 'Quang Ninh', 'Tỉnh'), ('24', 'Bắc Giang', 'Bac Giang', 'Tỉnh'),
    ('25', 'Phú Thọ', 'Phu Tho', 'Tỉnh'), ('26', 'Vĩnh Phúc', 'Vinh Phuc', 'Tỉnh'),
    ('27', 'Bắc Ninh', 'Bac Ninh', 'Tỉnh'), ('30', 'Hải Dương', 'Hai Duong', 'Tỉnh'),
    ('31', 'Hải Phòng', 'Hai Phong', 'Thành phố'), ('33', 'Hưng Yên', 'Hung Yen', 'Tỉnh'),
    ('34', 'Thái Bình', 'Thai Binh', 'Tỉnh'), ('35', 'Hà Nam', 'Ha Nam', 'Tỉnh'),
    ('36', 'Nam Định', 'Nam Dinh', 'Tỉnh'), ('37', 'Ninh Bình', 'Ninh Binh', 'Tỉnh'),
    ('38', 'Thanh Hóa', 'Thanh Hoa', 'Tỉnh'), ('40', 'Nghệ An', 'Nghe An', 'Tỉnh'),
    ('42', 'Hà Tĩnh', 'Ha Tinh', 'Tỉnh'), ('44', 'Quảng Bình', 'Quang Binh', 'Tỉnh'),
    ('45', 'Quảng Trị', 'Quang Tri', 'Tỉnh'), ('46', 'Huế', 'Hue', 'Thành phố'),
    ('48', 'Đà Nẵng', 'Da Nang', 'Thành phố'), ('49', 'Quảng Nam', 'Quang Nam', 'Tỉnh'),
    ('51', 'Quảng Ngãi', 'Quang Ngai', 'Tỉnh'), ('52', 'Bình Định', 'Binh Dinh', 'Tỉnh'),
    ('54', 'Phú Yên', 'Phu Yen', 'Tỉnh'), ('56', 'Khánh Hòa', 'Khanh Hoa', 'Tỉnh'),
    ('58', 'Ninh Thuận', 'Ninh Thuan', 'Tỉnh'), ('60', 'Bình Thuận', 'Binh Thuan', 'Tỉnh'),
    ('62', 'Kon Tum', 'Kon Tum', 'Tỉnh'), ('64', 'Gia Lai', 'Gia Lai', 'Tỉnh'), ('66', 'Đắk Lắk', 'Dak Lak', 'Tỉnh'),
    ('67', 'Đắk Nông', 'Dak Nong', 'Tỉnh'), ('68', 'Lâm Đồng', 'Lam Dong', 'Tỉnh'),
    ('70', 'Bình Phước', 'Binh Phuoc', 'Tỉnh'), ('72', 'Tây Ninh', 'Tay Ninh', 'Tỉnh'),
    ('74', 'Bình Dương', 'Binh Duong', 'Tỉnh'), ('75', 'Đồng Nai', 'Dong Nai', 'Tỉnh'),
    ('77', 'Bà Rịa - Vũng Tàu', 'Ba Ria - Vung Tau', 'Tỉnh'), ('79', 'Hồ Chí Minh', 'Ho Chi Minh City', 'Thành phố'),
    ('80', 'Long An', 'Long An', 'Tỉnh'), ('82', 'Tiền Giang', 'Tien Giang', 'Tỉnh'),
    ('83', 'Bến Tre', 'Ben Tre', 'Tỉnh'), ('84', 'Trà Vinh', 'Tra Vinh', 'Tỉnh'),
    ('86', 'Vĩnh Long', 'Vinh Long', 'Tỉnh'), ('87', 'Đồng Tháp', 'Dong Thap', 'Tỉnh'),
    ('89', 'An Giang', 'An Giang', 'Tỉnh'), ('91', 'Kiên Giang', 'Kien Giang', 'Tỉnh'),
    ('92', 'Cần Thơ', 'Can Tho', 'Thành phố'), ('93', 'Hậu Giang', 'Hau Giang', 'Tỉnh'),
    ('94', 'Sóc Trăng', 'Soc Trang', 'Tỉnh'), ('95', 'Bạc Liêu', 'Bac Lieu', 'Tỉnh'), ('96', 'Cà Mau', 'Ca Mau', 'Tỉnh')
) AS province (code, name, name_en, kind);

-- The provinces merged cleanly: every one of the 63 went whole into one of the 34.
INSERT INTO region_links (from_region, to_region, kind)
SELECT 'VN-ADM1-63/' || old_code, 'VN-ADM1-34/' || new_code,
       CASE WHEN count(*) OVER (PARTITION BY new_code) > 1 THEN 'merged' ELSE 'same' END FROM (VALUES
    ('01', '01'), ('02', '08'), ('04', '04'), ('06', '19'), ('08', '08'), ('10', '15'), ('11', '11'), ('12', '12'),
    ('14', '14'), ('15', '15'), ('17', '25'), ('19', '19'), ('20', '20'), ('22', '22'), ('24', '24'), ('25', '25'),
    ('26', '25'), ('27', '24'), ('30', '31'), ('31', '31'), ('33', '33'), ('34', '33'), ('35', '37'), ('36', '37'),
    ('37', '37'), ('38', '38'), ('40', '40'), ('42', '42'), ('44', '44'), ('45', '44'), ('46', '46'), ('48', '48'),
    ('49', '48'), ('51', '51'), ('52', '52'), ('54', '66'), ('56', '56'), ('58', '56'), ('60', '68'), ('62', '51'),
    ('64', '52'), ('66', '66'), ('67', '68'), ('68', '68'), ('70', '75'), ('72', '80'), ('74', '79'), ('75', '75'),
    ('77', '79'), ('79', '79'), ('80', '80'), ('82', '82'), ('83', '86'), ('84', '86'), ('86', '86'), ('87', '82'),
    ('89', '91'), ('91', '91'), ('92', '92'), ('93', '92'), ('94', '92'), ('95', '96'), ('96', '96')
) AS link (old_code, new_code);

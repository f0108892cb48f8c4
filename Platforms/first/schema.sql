REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA desk;

CREATE TABLE desk.instruments (
    symbol text PRIMARY KEY CHECK (symbol ~ '^[A-Z0-9]{1,12}$'),
    name text NOT NULL);

CREATE TABLE desk.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    placed timestamptz NOT NULL DEFAULT now(),
    symbol text NOT NULL REFERENCES desk.instruments,
    side text NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity bigint NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    price numeric(18, 4) NOT NULL CHECK (price > 0));

CREATE TABLE desk.notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    written timestamptz NOT NULL DEFAULT now(),
    text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 500));

CREATE TABLE desk.summaries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made timestamptz NOT NULL DEFAULT now(),
    text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 500));

CREATE VIEW desk.positions AS
    SELECT symbol, name, quantity, value FROM desk.instruments LEFT JOIN LATERAL (
        SELECT coalesce(sum(CASE side WHEN 'buy' THEN quantity ELSE -quantity END), 0) AS quantity,
               coalesce(sum(CASE side WHEN 'buy' THEN quantity ELSE -quantity END * price), 0)
                   AS value
        FROM desk.orders WHERE orders.symbol = instruments.symbol) AS held ON true;

INSERT INTO desk.instruments VALUES
    ('ALV', 'Allianz'), ('BTCEUR', 'Bitcoin in euro'), ('ETHEUR', 'Ether in euro'),
    ('SAP', 'SAP'), ('SIE', 'Siemens');

INSERT INTO desk.orders (symbol, side, quantity, price) VALUES
    ('SAP', 'buy', 120, 231.4000), ('SIE', 'buy', 80, 198.2200), ('SAP', 'sell', 20, 233.1000),
    ('BTCEUR', 'buy', 3, 84150.0000), ('ETHEUR', 'buy', 25, 2710.5000), ('ALV', 'buy', 40, 347.9000);

INSERT INTO desk.notes (text) VALUES
    ('SAP reports on Thursday: no new orders after 16:00.'),
    ('The limit for BTCEUR is 5 until the end of the month.');

GRANT USAGE ON SCHEMA desk TO desk;

GRANT SELECT ON ALL TABLES IN SCHEMA desk TO desk;

GRANT INSERT ON desk.orders, desk.notes, desk.summaries TO desk;

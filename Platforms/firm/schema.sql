CREATE TABLE position (venue text NOT NULL, asset text NOT NULL, quantity numeric NOT NULL, PRIMARY KEY (venue, asset));

GRANT SELECT ON position TO risk;

GRANT SELECT, INSERT, UPDATE ON position TO treasury;

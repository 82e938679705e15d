-- Database FinanceLegacy: what a bank of the 2000s kept. Made by arithmetic, so that every run of this script gives the
-- same rows. SQL Server 2022 or newer (GENERATE_SERIES), in batches as sqlcmd and SQL Server Management Studio take them.
CREATE DATABASE FinanceLegacy;
GO
ALTER DATABASE FinanceLegacy SET ALLOW_SNAPSHOT_ISOLATION ON;
GO
-- So that a sync reads what changed alone; longer than nobody would look after it.
ALTER DATABASE FinanceLegacy SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 DAYS, AUTO_CLEANUP = ON);
GO
USE FinanceLegacy;
GO
CREATE SCHEMA finance;
GO
CREATE TABLE finance.Branches (
  BranchCode char(4) NOT NULL CONSTRAINT PK_Branches PRIMARY KEY CLUSTERED,
  BranchName nvarchar(60) NOT NULL,
  Country char(2) NOT NULL,
  OpenedOn date NULL
);
GO
CREATE TABLE finance.Customers (
  CustomerId int NOT NULL CONSTRAINT PK_Customers PRIMARY KEY CLUSTERED,
  FullName nvarchar(120) NOT NULL,
  Email varchar(160) NULL,
  BirthDate date NULL,
  CreditLimit decimal(19,4) NULL,
  CreatedAt datetime2(7) NOT NULL,
  IsActive bit NOT NULL
);
GO
CREATE TABLE finance.Accounts (
  AccountId int NOT NULL CONSTRAINT PK_Accounts PRIMARY KEY CLUSTERED,
  CustomerId int NOT NULL CONSTRAINT FK_Accounts_Customers FOREIGN KEY REFERENCES finance.Customers (CustomerId),
  BranchCode char(4) NOT NULL CONSTRAINT FK_Accounts_Branches FOREIGN KEY REFERENCES finance.Branches (BranchCode),
  Iban varchar(34) NOT NULL,
  Currency char(3) NOT NULL,
  Balance money NOT NULL,
  OpenedAt datetime NOT NULL
);
GO
CREATE TABLE finance.Transactions (
  TransactionId bigint NOT NULL CONSTRAINT PK_Transactions PRIMARY KEY CLUSTERED,
  AccountId int NOT NULL CONSTRAINT FK_Transactions_Accounts FOREIGN KEY REFERENCES finance.Accounts (AccountId),
  PostedAt datetime2(7) NOT NULL,
  Amount decimal(19,4) NOT NULL,
  Fee smallmoney NULL,
  Kind varchar(20) NOT NULL,
  Memo nvarchar(400) NULL
);
GO
CREATE TABLE finance.ExchangeRates (
  RateDate date NOT NULL,
  FromCurrency char(3) NOT NULL,
  ToCurrency char(3) NOT NULL,
  Rate decimal(18,8) NOT NULL,
  CONSTRAINT PK_ExchangeRates PRIMARY KEY CLUSTERED (RateDate, FromCurrency, ToCurrency)
);
GO
-- No key at all: such tables are read as one stream.
CREATE TABLE finance.AuditLog (
  LoggedAt datetime2(3) NOT NULL,
  Actor nvarchar(60) NOT NULL,
  Detail varchar(max) NULL
);
GO
ALTER TABLE finance.Branches ENABLE CHANGE_TRACKING;
GO
ALTER TABLE finance.Customers ENABLE CHANGE_TRACKING;
GO
ALTER TABLE finance.Accounts ENABLE CHANGE_TRACKING;
GO
ALTER TABLE finance.Transactions ENABLE CHANGE_TRACKING;
GO
ALTER TABLE finance.ExchangeRates ENABLE CHANGE_TRACKING;
GO
INSERT INTO finance.Branches (BranchCode, BranchName, Country, OpenedOn) VALUES
  ('B001', N'Zürich Paradeplatz', 'CH', '1898-04-01'),
  ('B002', N'München Marienplatz', 'DE', '1952-09-15'),
  ('B003', N'Łódź Piotrkowska', 'PL', '1994-01-03'),
  ('B004', N'東京 丸の内', 'JP', NULL);
GO
INSERT INTO finance.Customers (CustomerId, FullName, Email, BirthDate, CreditLimit, CreatedAt, IsActive)
SELECT value, CONCAT(N'Customer ', value), CONCAT('customer', value, '@example.com'), DATEADD(day, value % 20000, '1945-01-01'),
  value * 12.3456, DATEADD(second, value * 7919, CONVERT(datetime2(7), '2001-01-01T00:00:00.1234567')), value % 2
FROM GENERATE_SERIES(1, 2000);
GO
INSERT INTO finance.Accounts (AccountId, CustomerId, BranchCode, Iban, Currency, Balance, OpenedAt)
SELECT value, (value - 1) % 2000 + 1, CONCAT('B00', value % 4 + 1), CONCAT('XX', 10000000 + value), 'EUR',
  value * 1.37 - 2500, DATEADD(minute, value * 61, CONVERT(datetime, '2002-02-02T08:30:00'))
FROM GENERATE_SERIES(1, 5000);
GO
INSERT INTO finance.Transactions (TransactionId, AccountId, PostedAt, Amount, Fee, Kind, Memo)
SELECT value, value % 5000 + 1, DATEADD(second, value * 613, CONVERT(datetime2(7), '2003-03-03T00:00:00.0000001')),
  value * 0.0173 - 800, value % 10 * 0.05, 'TRANSFER', CONCAT(N'Überweisung ', value)
FROM GENERATE_SERIES(1, 50000);
GO
INSERT INTO finance.ExchangeRates (RateDate, FromCurrency, ToCurrency, Rate)
SELECT DATEADD(day, value, '2020-01-01'), 'EUR', 'USD', 1.05 + value * 0.00012345 FROM GENERATE_SERIES(0, 1499);
GO
INSERT INTO finance.AuditLog (LoggedAt, Actor, Detail)
SELECT DATEADD(minute, value, CONVERT(datetime2(3), '2024-01-01')), N'batch', CONCAT('step ', value) FROM GENERATE_SERIES(1, 500);
GO

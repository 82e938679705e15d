/** Tables of database LegacyLedger, in T-SQL: what the stand-in's own CREATE TABLE makes of it is its dictionary. */
export const SCHEMA: readonly string[] = [
  'CREATE SCHEMA ledger',
  `CREATE TABLE ledger.Branches (
    BranchCode char(4) NOT NULL CONSTRAINT PK_Branches PRIMARY KEY CLUSTERED,
    BranchName nvarchar(60) NOT NULL,
    Country char(2) NOT NULL,
    OpenedOn date NULL,
    OpensAt time(0) NULL,
    Latitude decimal(9,6) NULL,
    Longitude decimal(9,6) NULL
  )`,
  `CREATE TABLE dbo.Customers (
    CustomerId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_Customers PRIMARY KEY CLUSTERED,
    CustomerNo char(10) NOT NULL CONSTRAINT UQ_Customers_CustomerNo UNIQUE NONCLUSTERED,
    FullName nvarchar(120) NOT NULL,
    Email varchar(160) NULL,
    Country char(2) NOT NULL,
    City nvarchar(60) NULL,
    BirthDate date NULL,
    CreatedAt datetime2(7) NOT NULL,
    CreditLimit decimal(19,4) NULL,
    Segment tinyint NOT NULL,
    IsActive bit NOT NULL,
    Notes nvarchar(max) NULL,
    CustomerGuid uniqueidentifier NOT NULL,
    RowVer rowversion
  )`,
  `CREATE TABLE dbo.Accounts (
    AccountId int NOT NULL CONSTRAINT PK_Accounts PRIMARY KEY CLUSTERED,
    CustomerId int NOT NULL CONSTRAINT FK_Accounts_Customers FOREIGN KEY REFERENCES dbo.Customers (CustomerId),
    BranchCode char(4) NULL CONSTRAINT FK_Accounts_Branches FOREIGN KEY REFERENCES ledger.Branches (BranchCode),
    Iban varchar(34) NOT NULL,
    Currency char(3) NOT NULL,
    Balance money NOT NULL,
    Overdraft smallmoney NULL,
    InterestRate real NULL,
    OpenedAt datetime NOT NULL,
    ReviewedAt smalldatetime NULL,
    ClosedAt datetimeoffset(3) NULL,
    Status varchar(12) NOT NULL,
    Available AS (Balance + ISNULL(Overdraft, 0))
  )`,
  'CREATE INDEX IX_Accounts_CustomerId ON dbo.Accounts (CustomerId) INCLUDE (Currency)',
  `CREATE TABLE dbo.Transactions (
    TransactionId bigint NOT NULL CONSTRAINT PK_Transactions PRIMARY KEY CLUSTERED,
    AccountId int NOT NULL CONSTRAINT FK_Transactions_Accounts FOREIGN KEY REFERENCES dbo.Accounts (AccountId),
    PostedAt datetime2(7) NOT NULL,
    ValueDate date NOT NULL,
    Amount decimal(19,4) NOT NULL,
    Currency char(3) NOT NULL,
    Fee money NULL,
    Kind varchar(20) NOT NULL,
    Counterparty nvarchar(80) NULL,
    Memo nvarchar(400) NULL,
    IsReversed bit NOT NULL,
    Rate float NULL,
    ExternalId uniqueidentifier NULL,
    RowVer rowversion,
    Payload varbinary(64) NULL
  )`,
  'CREATE NONCLUSTERED INDEX IX_Transactions_Account_PostedAt ON dbo.Transactions (AccountId, PostedAt DESC)',
  `CREATE TABLE ledger.ExchangeRates (
    RateDate date NOT NULL,
    FromCurrency char(3) NOT NULL,
    ToCurrency char(3) NOT NULL,
    Rate decimal(18,8) NOT NULL,
    CONSTRAINT PK_ExchangeRates PRIMARY KEY CLUSTERED (RateDate, FromCurrency, ToCurrency)
  )`,
  `CREATE TABLE dbo.AuditLog (
    LoggedAt datetime2(3) NOT NULL,
    Actor sysname NOT NULL,
    Event varchar(40) NOT NULL,
    Detail varchar(max) NULL
  )`,
  `CREATE TABLE dbo.[Order Items [2019]]] (
    [Item No] int NOT NULL,
    [Unit Price ("net")] decimal(9,2) NULL,
    [It's] nvarchar(20) NULL,
    CONSTRAINT [PK Order Items] PRIMARY KEY ([Item No])
  )`,
  'CREATE TABLE dbo.PendingTransfers (TransferId int NOT NULL PRIMARY KEY, Amount decimal(19,4) NULL, Reason nvarchar(max) NULL)',
];

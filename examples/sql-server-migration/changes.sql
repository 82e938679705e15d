-- A day of the bank after the first load: bookings come, are put right and are taken back. Change Tracking tells of them.
USE FinanceLegacy;
GO
BEGIN TRANSACTION;
INSERT INTO finance.Transactions (TransactionId, AccountId, PostedAt, Amount, Fee, Kind, Memo)
SELECT value, value % 5000 + 1, DATEADD(second, value, CONVERT(datetime2(7), '2024-02-29T12:00:00.7654321')), 250.5, 0.1, 'TRANSFER', N'Nachtrag'
FROM GENERATE_SERIES(50001, 50020);
UPDATE finance.Transactions SET Amount = Amount + 1000 WHERE TransactionId BETWEEN 101 AND 140;
DELETE FROM finance.Transactions WHERE TransactionId <= 40;
COMMIT TRANSACTION;
GO

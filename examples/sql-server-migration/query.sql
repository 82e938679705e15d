SELECT b.branchcode, COUNT(*) AS transactions, SUM(t.amount) AS amount
FROM financelegacy_finance_transactions t
JOIN financelegacy_finance_accounts a ON a.accountid = t.accountid
JOIN financelegacy_finance_branches b ON b.branchcode = a.branchcode
GROUP BY b.branchcode
ORDER BY b.branchcode

"""Does a transferred pose do the job? Tasks in MuJoCo: lift, pour, hang, pound, press."""
